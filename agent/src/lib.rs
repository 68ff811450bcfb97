//! Plenum's agent: reads sensors on the threads of their buses, spools every reading durably and sends it until the
//! collector has acknowledged it.

pub mod agent;
pub mod bus;
pub mod cli;
pub mod config;
pub mod driver;
pub mod drivers;
mod enrolment;
pub mod moment;
pub mod outputs;
pub mod patience;
pub mod sampler;
pub mod schedule;
pub mod spool;
mod still;
pub mod timebase;
pub mod uplink;

pub use agent::{AgentError, AgentHandle, Figures, run, start};
pub use config::AgentConfig;

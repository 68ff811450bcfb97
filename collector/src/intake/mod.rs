//! Takes what agents publish, commits it to the journal, and acknowledges what is committed there, and only that.
//!
//! One task decides, one group is at the disk while the next one gathers. Whatever cannot be stored is not
//! acknowledged: the agents' spools are the queue. What cannot be read goes to the dead letters in the commit that
//! moves its stream on.

mod acks;
mod agents;
mod changes;
mod commit;
mod conditions;
mod contribution;
mod counters;
pub mod dead_letters;
mod disk;
mod failing;
mod link;
mod pace;
mod schema;
mod task;

pub use acks::{PublishAck, acknowledge_through};
pub use agents::{AgentInfo, Agents, StreamInfo};
pub use commit::commit_batches;
pub use counters::Counters;
pub use plenum_link::mqtt::Incoming;
pub use task::{Command, Intake, Options, Own};

#[cfg(test)]
mod tests;

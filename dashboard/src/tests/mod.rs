//! A whole server in process on a free port, over a collector's real parts.

mod agents;
mod alarms;
mod audit;
mod doors;
mod duty;
mod figures;
mod heartbeats;
mod incidents;
mod inputs;
mod kept;
mod numbers;
mod one_truth;
mod people;
mod permissions;
mod quantities;
mod readings;
mod revisions;
mod rig;
mod second_factor;
mod services;
mod shapes;
mod sign_on;
mod tenants;
mod together;
mod trial;
mod works;

//! The collector as one: what its parts promise together.

mod crash;
mod restored;

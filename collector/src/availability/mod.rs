//! Availability of services: fetches what the pure fold needs.

mod computed;
pub mod services;

pub use services::{Day, Month, Report, Services, ServicesError};

//! Availability of services: fetches what the pure fold needs.

pub mod services;

pub use services::{Day, Month, Report, Services, ServicesError};

//! How the tidy test looks at the tree: its files, what a function measures, which commands the program has.

pub mod commands;
pub mod functions;
pub mod named;
pub mod still;
pub mod tree;

//! How the tidy test looks at the tree: its files, what a function measures, which commands the program has.

pub(crate) mod commands;
pub(crate) mod functions;
pub(crate) mod named;
pub(crate) mod still;
pub(crate) mod tree;

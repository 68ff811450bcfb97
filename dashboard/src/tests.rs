//! A whole server in process on a free port, over a collector's real parts.

mod doors;
mod rig;
mod shapes;

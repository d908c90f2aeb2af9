//! What the lessons say of Python itself. One experiment a file.

pub mod endianness;
pub mod import_star;
pub mod pickle_runs_code;
pub mod python_sockets;

//! The file servers: programs 13, 14 and 15.

pub(super) mod changing;
pub(super) mod commands;
pub(super) mod crowds;
pub(super) mod headers;
pub(super) mod leaving;
mod lesson;
pub(super) mod names;
pub(super) mod session;
pub(super) mod storing;

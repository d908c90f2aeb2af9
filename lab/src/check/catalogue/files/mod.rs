//! What is asked of file servers alone.

pub(super) mod changing;
pub(super) mod commands;
pub(super) mod crowds;
pub(super) mod leaving;
pub(super) mod names;
pub(super) mod session;
pub(super) mod storing;

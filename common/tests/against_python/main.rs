//! What `common` mirrors of Python, and its own mirror in `common/python`, against the Python that is
//! installed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot set up its case ends with a panic"
)]

mod capitals;
mod files;
mod header;
#[cfg(unix)]
mod interrupt;
mod mirror;
mod notation;
mod python;

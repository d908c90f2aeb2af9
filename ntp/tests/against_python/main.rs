//! What `ntp` mirrors of Python, and `ntp::sntp`'s own mirror in `ntp/python/sntp`, against the Python that is installed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot set up its case ends with a panic"
)]

mod formats;
#[path = "../../../common/tests/against_python/python.rs"]
mod python;
mod sntp;
mod strftime;
mod zone_files;
mod zones;

//! The harness: drives every program of the lessons as a black box, and tries their claims.

pub mod experiment;

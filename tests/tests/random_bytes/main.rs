//! Random and mutated bytes, for every decoder and for every server: nothing panics, hangs or
//! grows without bound.

#![expect(clippy::unwrap_used, reason = "a test may end at the first surprise")]

mod conversations;
mod decoders;
mod mutation;

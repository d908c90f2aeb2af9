//! SNTP, the simple half of the Network Time Protocol: one question, one answer, and from four
//! timestamps how far the own clock is from the server's (RFC 4330; the format is that of NTP, RFC 5905).
//!
//! ```text
//!     client              server        T1 the question leaves,  T2 it arrives     (the server's clock)
//!  T1 |  ----- mode 3 ----->  | T2      T4 the answer arrives,   T3 the answer leaves (the server's clock)
//!  T4 |  <---- mode 4 ------  | T3
//! ```
//!
//! | module | subject |
//! |---|---|
//! | [`packet`] | the 48 bytes, and what is in them |
//! | [`timestamp`] | times in 64-bit fixed point, which wrap in 2036; offset and delay |
//! | [`answer`] | what a client makes of an answer: the checks, and the sample |
//! | [`rate`] | which clients ask too fast |
//! | [`plot`] | the samples as a picture of text |
//!
//! The programs are `sntp-server` and `sntp-client`. Python: `ntp/python/sntp`.

pub mod answer;
pub mod packet;
pub mod plot;
pub mod rate;
pub mod timestamp;

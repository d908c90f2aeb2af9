//! The checks, one file a family of programs.

use super::Check;

mod udp_echo;

/// All of them, in the order in which a target's are done (the protocol's before the robust).
pub const ALL: &[&[Check]] = &[udp_echo::CHECKS];

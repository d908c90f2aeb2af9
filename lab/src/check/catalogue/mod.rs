//! The checks, one file a family of programs.

// Some checks are for Unix only, and what they need is then imported for nothing.
#![cfg_attr(not(unix), allow(unused_imports))]

use crate::check::Check;

mod clients;
mod every_server;
mod exchange;
mod files;
mod framed_echo;
mod headers;
mod ntp;
mod tcp_echo;
mod tcp_once;
mod tcp_servers;
mod udp_echo;
mod udp_once;
mod udp_typed;
mod wire;

/// Has our programs give up a peer after [`TIMEOUT`](crate::check::engine::context::TIMEOUT).
const SHORT_TIMEOUT: &[&str] = &["--timeout", "2"];

/// All of them, in the order in which a target's are done (the protocol's before the robust).
pub const ALL: &[&[Check]] = &[
    tcp_echo::CHECKS,
    tcp_once::CHECKS,
    framed_echo::CHECKS,
    udp_echo::CHECKS,
    udp_once::CHECKS,
    udp_typed::CHECKS,
    ntp::CHECKS,
    tcp_servers::CHECKS,
    files::session::CHECKS,
    files::leaving::CHECKS,
    files::commands::CHECKS,
    files::names::CHECKS,
    headers::CHECKS,
    files::headers::CHECKS,
    files::storing::CHECKS,
    files::changing::CHECKS,
    files::crowds::CHECKS,
    every_server::CHECKS,
    clients::tcp_session::CHECKS,
    clients::download::CHECKS,
    clients::upload::CHECKS,
    clients::framed::CHECKS,
    clients::bincode::CHECKS,
    clients::tcp::CHECKS,
    clients::stalls::CHECKS,
    clients::udp_session::CHECKS,
    clients::udp::CHECKS,
];

//! The checks of clients: the checker plays the server, types at the prompt, reads the screen.
//!
//! | file | subject |
//! |---|---|
//! | [`tcp_client`] | a TCP client and its server: how each of the ten asks, and shows an answer |
//! | [`tcp_session`] | what the lessons ask of TCP clients |
//! | [`tcp`] | what may happen to TCP clients |
//! | [`framed`] | frames, in pieces and with headers that lie |
//! | [`bincode`] | headers of program 15 that lie |
//! | [`download`] | downloads: what is stored, where, and what never is |
//! | [`upload`] | uploads, and how they are confirmed |
//! | [`stalls`] | the time limits of the file clients |
//! | [`udp_client`] | a UDP client and its server: how each of the ten asks, and shows an answer |
//! | [`udp_session`] | what the lessons ask of UDP clients |
//! | [`udp`] | what may happen to UDP clients |

pub(super) mod bincode;
pub(super) mod download;
pub(super) mod framed;
pub(super) mod stalls;
pub(super) mod tcp;
mod tcp_client;
pub(super) mod tcp_session;
pub(super) mod udp;
mod udp_client;
pub(super) mod udp_session;
pub(super) mod upload;

/// What is answered where the first bytes and the last must be told apart.
const BEFORE: &str = "before";
const AFTER: &str = "after";

//! The checks of clients: the checker plays the server, types at the prompt, reads the screen.
//!
//! | file | subject |
//! |---|---|
//! | [`client`] | a client and its server: how it asks, and shows an answer |
//! | [`live`] | a room of which the checker is the server |
//! | [`session`] | what the lessons ask: questions, answers, what is typed |
//! | [`tcp`] | servers that leave |
//! | [`time`] | servers that are late, silent, or somebody else |
//! | [`frames`] | frames, in pieces and with headers that lie |
//! | [`download`] | downloads: what is stored, where, and what never is |
//! | [`sntp`] | answers of a time server that a client must not believe |
//! | [`upload`] | uploads, and how they are confirmed |

pub(super) mod client;
pub(super) mod download;
pub(super) mod frames;
pub(super) mod live;
pub(super) mod session;
pub(super) mod sntp;
pub(super) mod tcp;
pub(super) mod time;
pub(super) mod upload;

//! A chat in which everybody may write at any time: a server, and the people who have joined it.
//!
//! ```text
//!   anna                 server                 bob
//!    |  say n=7  ------->  |                     |
//!    |  <------- ack n=7   |  say number=41 -->  |
//!    |  <-- say number=41  |  <--- ack upto=41   |
//!    |  ack upto=41 ---->  |                     |
//! ```
//!
//! A person asks one thing at a time, numbered by `n`, until the server has answered it. All that happens gets one `number`
//! from the server and goes to everybody; who has it acknowledges it. What is not answered is sent again, what comes twice
//! counts once. So everybody sees everything once and in the same order, whatever the network loses.
//!
//! Nothing in here knows a socket or a clock: the programs pass in what came and what time it is, and send what comes out.
//!
//! | module | subject |
//! |---|---|
//! | [`datagram`] | the datagrams, and what may stand in them |
//! | [`again`] | when to send again, when to ping, when somebody is gone |
//! | [`room`] | the server: who is here, and what has happened |
//! | [`person`] | one person at the server: what they have got and what not |
//! | [`log`] | what has happened, until everybody has it |
//! | [`visitor`] | who writes plain text, as the lesson's client does |
//! | [`talk`] | the client |
//! | [`shared`] | the client's two threads |
//! | [`screen`] | the terminal: a line that is typed while others arrive |
//!
//! The programs are `live-server` and `live-client`. Python: `qq-chat/python/live`. The table of the datagrams stands in
//! `qq-chat/README.md`.

pub mod again;
pub mod datagram;
pub mod log;
pub mod person;
pub mod room;
pub mod screen;
pub mod shared;
pub mod talk;
pub mod visitor;

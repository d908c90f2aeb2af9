//! What the chat's client and server share, and the client's contact list.
//!
//! | module | subject | Python |
//! |---|---|---|
//! | [`contacts`] | who can be written to, and where | `qq-chat/python/contacts.py` |
//! | [`message`] | the line that shows a message | `qq-chat/python/message.py` |
//!
//! [`live`] is the chat beyond the lesson: everybody may write at any time.

pub mod contacts;
pub mod live;
pub mod message;

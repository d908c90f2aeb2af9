//! What the system tells and lends: where it does not, [`CannotBeSeen`] says what that would take.
//!
//! | module | subject |
//! |---|---|
//! | [`sockets`] | the states, queues and counters that the system keeps of its sockets |
//! | `sock_diag` | the same of a single TCP socket, in microseconds |
//! | [`processor`] | how busy a process is |
//! | [`namespace`] | network namespaces and a wire between them that loses packets |
//! | [`forgery`] | datagrams that claim to come from another port |

pub mod forgery;
pub mod namespace;
pub mod processor;
#[cfg(target_os = "linux")]
pub(crate) mod sock_diag;
pub mod sockets;

/// The reason why something can't be seen here; the text says what it would need.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct CannotBeSeen(pub String);

/// That error, for an observer to return: "needs …".
pub(crate) fn cannot_be_seen<T>(needs: impl Into<String>) -> anyhow::Result<T> {
    Err(CannotBeSeen(needs.into()).into())
}

//! TCP: a stream of bytes between two ends.

use tests::experiment::tcp_sticks::TcpSticks;

use crate::seen;

#[test]
fn tcp_sends_stick_together_and_come_apart() {
    let Some(seen) = seen::<TcpSticks>() else {
        return;
    };
    assert_eq!(seen.sends.len(), 3);
    assert_eq!(seen.one_receive.0, b"helloworldsdfas");
    assert_eq!(seen.several_receives.len(), 3);
    let together: Vec<u8> = seen
        .several_receives
        .into_iter()
        .flat_map(|b| b.0)
        .collect();
    assert_eq!(together, seen.one_send.0);
}

//! Good bytes with small damage: they reach deeper than random ones.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

/// One damage.
#[derive(Clone, Debug)]
enum Damage {
    Change(Index, u8),
    Flip(Index, u8),
    Insert(Index, Vec<u8>),
    Remove(Index, usize),
    Repeat(Index, usize),
    Cut(Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<Index>;
    prop_oneof![
        (at(), any::<u8>()).prop_map(|(at, byte)| Damage::Change(at, byte)),
        (at(), 0..8_u8).prop_map(|(at, bit)| Damage::Flip(at, 1 << bit)),
        (at(), vec(any::<u8>(), 1..5)).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        (at(), 1..9_usize).prop_map(|(at, size)| Damage::Remove(at, size)),
        (at(), 1..64_usize).prop_map(|(at, times)| Damage::Repeat(at, times)),
        at().prop_map(Damage::Cut),
    ]
}

fn apply(damage: &Damage, bytes: &mut Vec<u8>) {
    if bytes.is_empty() {
        return;
    }
    let size = bytes.len();
    match damage {
        Damage::Change(at, byte) => bytes[at.index(size)] = *byte,
        Damage::Flip(at, mask) => bytes[at.index(size)] ^= mask,
        Damage::Insert(at, more) => {
            let at = at.index(size);
            bytes.splice(at..at, more.iter().copied());
        }
        Damage::Remove(at, gone) => {
            let at = at.index(size);
            bytes.drain(at..size.min(at + gone));
        }
        Damage::Repeat(at, times) => {
            let at = at.index(size);
            let byte = bytes[at];
            bytes.splice(at..at, std::iter::repeat_n(byte, *times));
        }
        Damage::Cut(at) => bytes.truncate(at.index(size)),
    }
}

/// One of `good`, with up to three damages, or bytes at random.
pub(crate) fn mutated(good: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let damaged = (prop::sample::select(good), vec(damage(), 0..4)).prop_map(|(mut bytes, all)| {
        for damage in &all {
            apply(damage, &mut bytes);
        }
        bytes
    });
    prop_oneof![4 => damaged, 1 => vec(any::<u8>(), 0..200)]
}

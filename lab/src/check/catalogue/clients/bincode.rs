//! Headers of program 15 that lie: two texts, each with its length in 8 bytes before it, and a size.

use crate::check::Check;
use crate::check::Grade::Robust;
use crate::check::catalogue::clients::framed::refuses;
use crate::check::catalogue::clients::tcp_client::{CONTENT, MD5, class_frame};
use crate::check::catalogue::wire::{bincode, frame};

const CLASS: &[&str] = &["ftp-class/client"];

pub(in crate::check::catalogue) const CHECKS: &[Check] = &[
    Check {
        name: "header-cut",
        grade: Robust,
        targets: CLASS,
        sentence: "A header ends before its last byte; the client says in one line on stderr what is wrong, ends with status 1, and stores nothing.",
        hint: "The length before the header lies. struct.unpack raises struct.error when bytes are missing: catch it, and end the conversation.",
        run: |context| {
            refuses(context, |_| {
                let header = bincode(b"a.txt", MD5, 3);
                [1, 8, 13, header.len() - 1]
                    .map(|size| frame(&header[..size], b""))
                    .into()
            })
        },
    },
    Check {
        name: "header-too-long",
        grade: Robust,
        targets: CLASS,
        sentence: "A header has a byte more than its three fields; the client says in one line on stderr what is wrong, ends with status 1, and stores nothing.",
        hint: "Bytes that nobody asked for mean that the two sides do not speak of the same thing. A header is its fields and nothing else.",
        run: |context| {
            refuses(context, |_| {
                let mut header = bincode(b"a.txt", MD5, 3);
                header.push(0);
                vec![frame(&header, CONTENT)]
            })
        },
    },
    Check {
        name: "header-text-too-long",
        grade: Robust,
        targets: CLASS,
        sentence: "In a header the name's length is one more than there is, 2^40, or 2^64 - 1; the client allocates nothing for it, says in one line on stderr what is wrong, and ends with status 1.",
        hint: "A length that a peer sent is a claim. Compare it with the bytes that are there before it is used.",
        run: |context| {
            refuses(context, |_| {
                let header = bincode(b"a.txt", MD5, 3);
                let rest = header.len() as u64 - 8;
                [rest + 1, 1 << 40, u64::MAX]
                    .map(|length| frame([&length.to_le_bytes(), &header[8..]].concat(), CONTENT))
                    .into()
            })
        },
    },
    Check {
        name: "size-huge",
        grade: Robust,
        targets: CLASS,
        sentence: "A header announces a file of 2^63, or 2^64 - 1 bytes; the client does not wait for so much, says in one line on stderr what is wrong, and ends with status 1.",
        hint: "Unsigned here, signed elsewhere: 2^64 - 1 is -1 to many a program. Refuse what does not fit into 63 bits.",
        run: |context| {
            refuses(context, |_| {
                [1 << 63, u64::MAX]
                    .map(|size| class_frame("a.txt", MD5, size, CONTENT))
                    .into()
            })
        },
    },
    Check {
        name: "header-not-utf8",
        grade: Robust,
        targets: CLASS,
        sentence: "In a header the name is not UTF-8; the client says in one line on stderr what is wrong, and ends with status 1.",
        hint: "decode raises UnicodeDecodeError, a kind of ValueError: catch it as any other bad header.",
        run: |context| {
            refuses(context, |_| {
                vec![frame(bincode(b"a\xff.txt", MD5, 3), CONTENT)]
            })
        },
    },
    Check {
        name: "header-pickle",
        grade: Robust,
        targets: CLASS,
        sentence: "The header is a pickle, as in the original lesson; the client says in one line on stderr that it is bad data, and ends with status 1.",
        hint: "Whoever loads a pickle runs what it says. A format that only describes data cannot do that: bincode, JSON, struct.",
        run: |context| {
            refuses(context, |_| {
                // pickle.dumps({'filename': 'a.txt', 'md5': 'xxxxxx', 'file_size': 3})
                vec![frame(
                    b"\x80\x04\x955\0\0\0\0\0\0\0}\x94(\x8c\x08filename\x94\x8c\x05a.txt\x94\x8c\
                  \x03md5\x94\x8c\x06xxxxxx\x94\x8c\tfile_size\x94K\x03u.",
                    CONTENT,
                )]
            })
        },
    },
];

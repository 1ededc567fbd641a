//! The crate from outside: known hashes, Go's states, and properties.

#![expect(
    clippy::unwrap_used,
    reason = "a test that panics has failed, as it should"
)]

mod go_states;

use proptest::collection::vec;
use proptest::prelude::*;
use wharf_hash::{StateError, StreamHasher, digest};
use wharf_spec::Algorithm::{self, Sha256, Sha512};

fn vectors(algorithm: Algorithm) -> &'static [(usize, &'static str, &'static str)] {
    match algorithm {
        Sha256 => go_states::SHA256,
        Sha512 => go_states::SHA512,
    }
}

fn stream(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    digits
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

fn hashed(algorithm: Algorithm, bytes: &[u8]) -> StreamHasher {
    let mut hasher = StreamHasher::new(algorithm);
    hasher.update(bytes);
    hasher
}

/// FIPS 180-4's own examples.
#[test]
fn known_texts_have_their_known_hashes() {
    let abc = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    for (algorithm, text, expect) in [
        (
            Sha256,
            "",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        ),
        (
            Sha256,
            "abc",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        ),
        (
            Sha256,
            abc,
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        ),
        (
            Sha512,
            "",
            "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce\
             47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
        ),
        (
            Sha512,
            "abc",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
             2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        ),
    ] {
        let found = digest(algorithm, text.as_bytes());
        assert_eq!(found.to_string(), format!("{algorithm}:{expect}"));
    }
}

#[test]
fn states_are_those_of_go() {
    for algorithm in Algorithm::ALL {
        for (length, state, hash) in vectors(algorithm) {
            let hasher = hashed(algorithm, &stream(*length));
            assert_eq!(hex(&hasher.state()), *state, "{algorithm} {length}");
            assert_eq!(hasher.finish().hex(), *hash);

            let resumed = StreamHasher::resume(algorithm, &unhex(state)).unwrap();
            assert_eq!(
                (resumed.algorithm(), resumed.len()),
                (algorithm, *length as u64)
            );
            assert_eq!(resumed.is_empty(), *length == 0);
            assert_eq!(hex(&resumed.state()), *state);
            assert_eq!(resumed.finish().hex(), *hash);
        }
    }
}

#[test]
fn a_state_leads_on_to_every_later_one() {
    for algorithm in Algorithm::ALL {
        for (from, state, _) in vectors(algorithm) {
            for (to, _, hash) in vectors(algorithm).iter().filter(|(to, ..)| to >= from) {
                let mut hasher = StreamHasher::resume(algorithm, &unhex(state)).unwrap();
                hasher.update(&stream(*to)[*from..]);
                assert_eq!(hasher.finish().hex(), *hash, "{algorithm} {from} to {to}");
            }
        }
    }
}

#[test]
fn streams_longer_than_a_word_of_bits_are_counted() {
    for algorithm in Algorithm::ALL {
        let mut state = hashed(algorithm, b"").state();
        let at = state.len() - 8;
        for length in [1_u64 << 29, 1 << 32, (1 << 61) - 128] {
            state[at..].copy_from_slice(&length.to_be_bytes());
            let mut hasher = StreamHasher::resume(algorithm, &state).unwrap();
            assert_eq!(hasher.len(), length);
            hasher.update(&[0; 100]);
            assert_eq!(hasher.len(), length + 100);
        }
        state[at..].copy_from_slice(&(1_u64 << 61).to_be_bytes());
        let error = StreamHasher::resume(algorithm, &state).unwrap_err();
        assert_eq!(error, StateError::Inconsistent);
    }
}

#[test]
fn damaged_states_are_refused() {
    for (algorithm, expected, block) in [(Sha256, 108, 36), (Sha512, 204, 68)] {
        let state = hashed(algorithm, b"abc").state();
        let resume = |state: &[u8]| StreamHasher::resume(algorithm, state).unwrap_err();
        assert_eq!(state.len(), expected);
        for found in [0, 4, expected - 1] {
            let error = StateError::WrongLength { expected, found };
            assert_eq!(resume(&state[..found]), error);
        }
        let longer = [&state[..], &[0]].concat();
        assert_eq!(
            resume(&longer),
            StateError::WrongLength {
                expected,
                found: expected + 1
            }
        );

        let damaged = |at: usize, byte: u8| {
            let mut state = state.clone();
            state[at] = byte;
            state
        };
        // SHA-224 and SHA-384 have the same size, but another mark.
        for (at, byte) in [(0, b'S'), (3, 2), (3, 4), (3, 5)] {
            assert_eq!(resume(&damaged(at, byte)), StateError::WrongMagic);
        }
        assert_eq!(resume(&damaged(block + 3, 1)), StateError::Inconsistent);
        assert_eq!(resume(&damaged(expected - 9, 1)), StateError::Inconsistent);
        assert_eq!(resume(&damaged(expected - 1, 2)), StateError::Inconsistent);
        assert_eq!(
            resume(&damaged(expected - 8, 0xff)),
            StateError::Inconsistent
        );
    }
    let state = hashed(Sha256, b"abc").state();
    assert!(StreamHasher::resume(Sha512, &state).is_err());
}

proptest! {
    #[test]
    fn pieces_hash_like_the_whole(pieces in vec(vec(any::<u8>(), 0..300), 0..8)) {
        let whole = pieces.concat();
        for algorithm in Algorithm::ALL {
            let mut hasher = StreamHasher::new(algorithm);
            let mut resumed = StreamHasher::new(algorithm);
            for piece in &pieces {
                hasher.update(piece);
                resumed.update(piece);
                resumed = StreamHasher::resume(algorithm, &resumed.state()).unwrap();
                prop_assert_eq!(resumed.state(), hasher.state());
            }
            prop_assert_eq!(hasher.len(), whole.len() as u64);
            prop_assert_eq!(hasher.clone().finish(), digest(algorithm, &whole));
            prop_assert_eq!(resumed.finish(), digest(algorithm, &whole));
        }
    }

    #[test]
    fn every_consistent_state_is_taken(noise in vec(any::<u8>(), 204), len in 0..1_u64 << 61) {
        for (algorithm, mark, block, size) in [(Sha256, 3, 64_u64, 108), (Sha512, 7, 128, 204)] {
            let mut state = noise[..size].to_vec();
            state[..4].copy_from_slice(&[b's', b'h', b'a', mark]);
            let unused = (block - len % block) as usize;
            state[size - 8 - unused..size - 8].fill(0);
            state[size - 8..].copy_from_slice(&len.to_be_bytes());
            let mut hasher = StreamHasher::resume(algorithm, &state).unwrap();
            prop_assert_eq!(hasher.state(), state);
            hasher.update(&[0; 200]);
            let _ = hasher.finish();
        }
    }
}

//! SHA-2 of aws-lc, safe to call. Its contexts are plain data without pointers: any bit
//! pattern in them is memory-safe as long as `num`, the fill of the block buffer, is less
//! than the size of a block. Only aws-lc and `from_parts` write to them.

use std::ffi::c_uint;

use aws_lc_sys as c;

use crate::state::Parts;

/// Defines a hasher over one of aws-lc's contexts: the name of the type and of its context,
/// the word of its state, the sizes of a block and of the hash, the context's field with the
/// block buffer, the word of its counters, and the functions.
macro_rules! hasher {
    (
        $(#[$doc:meta])*
        $name:ident, $context:ident, $word:ty, $block:literal, $hash:literal, $buffer:ident,
        $counter:ty, $wide:ty, $init:ident, $update:ident, $finish:ident
    ) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub(crate) struct $name(c::$context);

        impl $name {
            pub(crate) fn new() -> Self {
                let mut context = c::$context {
                    h: [0; 8],
                    Nl: 0,
                    Nh: 0,
                    $buffer: [0; $block],
                    num: 0,
                    md_len: 0,
                };
                // SAFETY: `context` is valid for writes, and nobody else sees it.
                unsafe { c::$init(&raw mut context) };
                Self(context)
            }

            pub(crate) fn update(&mut self, bytes: &[u8]) {
                // SAFETY: the context is initialised, with `num` less than a block, and ours
                // alone; `bytes` is valid for reads of its length.
                unsafe { c::$update(&raw mut self.0, bytes.as_ptr().cast(), bytes.len()) };
            }

            pub(crate) fn finish(mut self) -> [u8; $hash] {
                let mut hash = [0; $hash];
                // SAFETY: the context is initialised, with `num` less than a block, and ours
                // alone; its `md_len`, which `$init` set, is the size of `hash`.
                unsafe { c::$finish(hash.as_mut_ptr(), &raw mut self.0) };
                hash
            }

            /// How many bytes were hashed: the context counts bits, in two words.
            pub(crate) fn len(&self) -> u64 {
                let bits = (<$wide>::from(self.0.Nh) << <$counter>::BITS) | <$wide>::from(self.0.Nl);
                (bits >> 3) as u64
            }

            pub(crate) fn parts(&self) -> Parts<$word, $block> {
                let mut block = self.0.$buffer;
                // What lies beyond is left over from earlier blocks.
                block.iter_mut().skip(self.0.num as usize).for_each(|byte| *byte = 0);
                Parts { words: self.0.h, block, len: self.len() }
            }

            pub(crate) fn from_parts(parts: &Parts<$word, $block>) -> Self {
                let mut hasher = Self::new();
                hasher.0.h = parts.words;
                hasher.0.$buffer = parts.block;
                hasher.0.num = (parts.len % $block) as c_uint;
                let bits = <$wide>::from(parts.len) << 3;
                hasher.0.Nl = bits as $counter;
                hasher.0.Nh = (bits >> <$counter>::BITS) as $counter;
                hasher
            }
        }
    };
}

hasher! {
    /// SHA-256 (FIPS 180-4).
    Sha256, SHA256_CTX, u32, 64, 32, data, u32, u64, SHA256_Init, SHA256_Update, SHA256_Final
}

hasher! {
    /// SHA-512 (FIPS 180-4).
    Sha512, SHA512_CTX, u64, 128, 64, p, u64, u128, SHA512_Init, SHA512_Update, SHA512_Final
}

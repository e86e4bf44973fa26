//! A quick test whether a line can contain a text: most lines contain none of the table.

/// Number of bits: a line of 4096 bytes at most sets half of them, and most lines very few.
const BITS: usize = 8192;

/// How many sequences of a text are tested: more tell nothing new.
const TESTED_MAX: usize = 8;

/// The sequences of three bytes of a line, as bits of a hash.
pub(super) struct Trigrams([u64; BITS / 64]);

/// The bits of a text that is searched for.
#[derive(Clone, Debug)]
pub(super) struct TextTrigrams(Vec<usize>);

fn bits(text: &str) -> impl Iterator<Item = usize> {
    let bit = |three: &[u8]| {
        let letter = |at: usize| usize::from(three[at]);
        (letter(0) * 961 + letter(1) * 31 + letter(2)) % BITS
    };
    text.as_bytes().windows(3).map(bit)
}

impl Trigrams {
    pub(super) fn of(line: &str) -> Self {
        let mut set = [0; BITS / 64];
        for bit in bits(line) {
            set[bit / 64] |= 1 << (bit % 64);
        }
        Self(set)
    }

    /// False only if the line does not contain the text.
    pub(super) fn may_contain(&self, text: &TextTrigrams) -> bool {
        text.0.iter().all(|bit| self.0[bit / 64] & (1 << (bit % 64)) != 0)
    }
}

impl TextTrigrams {
    pub(super) fn of(text: &str) -> Self {
        let step = (text.len() / TESTED_MAX).max(1);
        Self(bits(text).step_by(step).collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_there_may_be_there(before in ".{0,40}", text in ".{0,40}", after in ".{0,40}") {
            let line = Trigrams::of(&format!("{before}{text}{after}"));
            prop_assert!(line.may_contain(&TextTrigrams::of(&text)));
        }
    }

    #[test]
    fn most_texts_are_excluded() {
        let line = Trigrams::of("waiting for caches to sync");
        assert!(!line.may_contain(&TextTrigrams::of("failed to pull image")));
    }
}

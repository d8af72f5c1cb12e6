//! What another contract answered, which may be anything: a word that is not there, or not as it should be, is none.
use alloy_primitives::U256;

/// The words of an answer.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a>(&'a [[u8; 32]]);

impl<'a> Answer<'a> {
    /// An answer of `count` words and nothing else.
    pub fn of(bytes: &'a [u8], count: usize) -> Option<Self> {
        let (words, rest) = bytes.as_chunks();
        (rest.is_empty() && words.len() == count).then_some(Self(words))
    }

    /// Word `index` as a number.
    pub fn u256(&self, index: usize) -> Option<U256> {
        self.0.get(index).map(|word| U256::from_be_bytes(*word))
    }

    /// Word `index` as a number that fits its type.
    pub fn uint<T: TryFrom<u64>>(&self, index: usize) -> Option<T> {
        let (padding, value) = self.0.get(index)?.split_last_chunk()?;
        let number = u64::from_be_bytes(*value);
        padding.iter().all(|byte| *byte == 0).then_some(number)?.try_into().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_none() {
        let mut bytes = [0u8; 64];
        (bytes[30], bytes[31], bytes[55]) = (1, 2, 1);
        let answer = Answer::of(&bytes, 2).unwrap();
        assert_eq!((answer.uint::<u64>(0), answer.uint::<u8>(0)), (Some(258), None));
        assert_eq!((answer.uint::<u64>(1), answer.u256(1)), (None, Some(U256::from(1) << 64)));
        assert_eq!((answer.uint::<u8>(2), answer.u256(2)), (None, None));
    }

    #[test]
    fn an_answer_of_another_length_is_none() {
        assert!(Answer::of(&[0; 63], 2).is_none() && Answer::of(&[0; 96], 2).is_none());
        assert!(Answer::of(&[0; 65], 2).is_none());
    }
}

//! The part of a listing that a client asks for.

use std::num::IntErrorKind;

use crate::Query;

/// `n` and `last` of a listing (distribution-spec: "Listing Tags").
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Page {
    /// At most how many entries; zero asks for none.
    pub n: Option<usize>,
    /// Only what sorts after this.
    pub last: Option<String>,
}

/// Why `n` is not a number of entries. Each variant carries the text of the parameter.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PageError {
    /// Less than zero.
    #[error("n={0} is negative")]
    Negative(String),
    /// No decimal number.
    #[error("n={0:?} is not a number")]
    NotANumber(String),
    /// More than any listing could hold.
    #[error("n={0} is too large")]
    TooLarge(String),
}

// === impl Page ===

impl Page {
    /// Takes `n` and `last` from a query. An empty parameter counts as absent.
    /// distribution: handlers/tags.go, handlers/catalog.go
    ///
    /// # Errors
    /// When `n` is not a number that Go's `int` holds and that is at least zero.
    pub fn from_query(query: &Query) -> Result<Self, PageError> {
        let given = |key| query.first(key).filter(|value: &&str| !value.is_empty());
        Ok(Self {
            n: given("n").map(parse_count).transpose()?,
            last: given("last").map(str::to_owned),
        })
    }
}

// === impl PageError ===

impl PageError {
    /// The text of the parameter, for the detail of `PAGINATION_NUMBER_INVALID`.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Negative(text) | Self::NotANumber(text) | Self::TooLarge(text) => text,
        }
    }
}

// === private ===

fn parse_count(text: &str) -> Result<usize, PageError> {
    match text.parse::<i64>() {
        Ok(number) if number < 0 => Err(PageError::Negative(text.to_owned())),
        Ok(number) => usize::try_from(number).map_err(|_| PageError::TooLarge(text.to_owned())),
        Err(error) => Err(match error.kind() {
            IntErrorKind::PosOverflow => PageError::TooLarge(text.to_owned()),
            IntErrorKind::NegOverflow => PageError::Negative(text.to_owned()),
            _ => PageError::NotANumber(text.to_owned()),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_read_as_distribution_reads_them() {
        fn page(query: &str) -> Result<Page, PageError> {
            Page::from_query(&Query::parse(Some(query)))
        }
        let expect = |n, last: Option<&str>| {
            Ok(Page {
                n,
                last: last.map(str::to_owned),
            })
        };
        assert_eq!(page(""), expect(None, None));
        assert_eq!(page("n=&last="), expect(None, None));
        assert_eq!(page("n=0"), expect(Some(0), None));
        assert_eq!(page("n=10&last=a%2Fb"), expect(Some(10), Some("a/b")));
        assert_eq!(page("n=3&n=x"), expect(Some(3), None));
        assert_eq!(page("n=-1"), Err(PageError::Negative("-1".into())));
        assert_eq!(
            page("n=-99999999999999999999"),
            Err(PageError::Negative("-99999999999999999999".into()))
        );
        assert_eq!(
            page("n=99999999999999999999"),
            Err(PageError::TooLarge("99999999999999999999".into()))
        );
        for text in ["ten", "1.5", "0x10", " 1", "-"] {
            let error = page(&format!("n={text}")).unwrap_err();
            assert_eq!(error, PageError::NotANumber(text.into()));
            assert_eq!(error.text(), text);
        }
    }
}

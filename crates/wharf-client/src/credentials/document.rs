//! An object of JSON whose parts stay as they were written, and in their order: files of
//! credentials belong to other programs too, which know fields that we do not.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

/// The members of an object, borrowed from its text, so that no secret is copied.
#[derive(Debug, Default)]
pub(super) struct Document<'a>(Vec<(String, &'a str)>);

// === impl Document ===

impl<'a> Document<'a> {
    /// Reads an object; nothing at all and `null` are an empty one.
    pub(super) fn parse(text: &'a [u8]) -> serde_json::Result<Self> {
        if text.trim_ascii().is_empty() {
            return Ok(Self::default());
        }
        serde_json::from_slice::<Option<Self>>(text).map(Option::unwrap_or_default)
    }

    /// The text of a member. Of several with one name the last counts, as it does in Go.
    pub(super) fn member(&self, name: &str) -> Option<&'a str> {
        let is_it = |(key, _): &&(String, &str)| key == name;
        self.0.iter().rev().find(is_it).map(|(_, text)| *text)
    }

    /// The object in a member, which is empty if the member is not there.
    pub(super) fn object(&self, name: &str) -> serde_json::Result<Self> {
        let text = self.member(name).unwrap_or_default();
        Self::parse(text.as_bytes())
    }

    /// All members, in their order.
    pub(super) fn members(&self) -> impl Iterator<Item = (&str, &'a str)> {
        self.0.iter().map(|(key, text)| (key.as_str(), *text))
    }

    /// Removes members; whether there were any.
    pub(super) fn remove(&mut self, is_unwanted: impl Fn(&str) -> bool) -> bool {
        let before = self.0.len();
        self.0.retain(|(key, _)| !is_unwanted(key));
        self.0.len() < before
    }

    /// Puts a member where one of that name is, or else at the end.
    pub(super) fn set<'b>(self, name: &str, text: &'b str) -> Document<'b>
    where
        'a: 'b,
    {
        let mut members: Vec<(String, &'b str)> = self.0;
        match members.iter_mut().rev().find(|(key, _)| key == name) {
            Some((_, old)) => *old = text,
            None => members.push((name.to_owned(), text)),
        }
        Document(members)
    }

    /// As Docker writes it, with a tab for each level: what is inside of members keeps the
    /// white space that it has.
    pub(super) fn to_text(&self, level: usize) -> Zeroizing<String> {
        let room = self
            .0
            .iter()
            .map(|(key, text)| key.len() * 6 + text.len() + level + 16);
        // A text that grows leaves copies behind.
        let mut text = Zeroizing::new(String::with_capacity(room.sum::<usize>() + level + 8));
        if self.0.is_empty() {
            text.push_str("{}");
            return text;
        }
        for (number, (key, member)) in self.0.iter().enumerate() {
            text.push_str(if number == 0 { "{\n" } else { ",\n" });
            text.extend(std::iter::repeat_n('\t', level + 1));
            // Names of members are texts, which can always be written.
            text.push_str(&serde_json::to_string(key).unwrap_or_default());
            text.push_str(": ");
            text.push_str(member);
        }
        text.push('\n');
        text.extend(std::iter::repeat_n('\t', level));
        text.push('}');
        text
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Document<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

// === private ===

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Document<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some((key, value)) = map.next_entry::<String, &'de RawValue>()? {
            members.push((key, value.get()));
        }
        Ok(Document(members))
    }
}

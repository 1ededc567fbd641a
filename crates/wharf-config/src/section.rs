//! The macros that declare options: each is written once, and is at the same time a field
//! of a typed struct and a row of the table.

/// Declares a section as a struct.
///
/// ```text
/// section! {
///     /// What it is about.
///     Name {
///         /// What the option is for.
///         field ("key"): Type = "default in YAML" [since "2.0", env "GONAME", State];
///     }
/// }
/// ```
/// The key is the field's name unless given. Without a default the option must be said,
/// unless its type knows what absence means. `bare` before the name: see `Section::bare`.
macro_rules! section {
    (
        $(#[doc = $about:literal])+
        $name:ident $(($bare:ident))? {
            $(
                $(#[doc = $meaning:literal])+
                $field:ident $(($key:literal))? : $type:ty $(= $default:literal)?
                    [since $since:literal $(, env $environment:literal)? $(, state $state:ident)?];
            )*
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, Debug, Eq, PartialEq)]
        pub struct $name {
            $($(#[doc = $meaning])+ pub $field: $type,)*
        }

        impl $crate::value::Value for $name {
            const SHAPE: &'static $crate::shape::Shape =
                &$crate::shape::Shape::Section(&$crate::shape::Section {
                    options: &[$($crate::shape::Declared {
                        key: $crate::section::either!($($key)?, stringify!($field)),
                        environment: $crate::section::maybe!($($environment)?),
                        meaning: concat!($($meaning, "\n"),+),
                        default: $crate::section::maybe!($($default)?),
                        since: $since,
                        state: $crate::section::either!(
                            $($crate::shape::State::$state)?,
                            $crate::shape::State::Works
                        ),
                        optional: <$type as $crate::value::Value>::OPTIONAL,
                        shape: <$type as $crate::value::Value>::SHAPE,
                    },)*],
                    bare: $crate::section::either!($($crate::section::$bare)?, false),
                });

            fn read(
                node: &$crate::node::Node,
                reader: &mut $crate::reader::Reader,
            ) -> Option<Self> {
                reader.section(node)?;
                $(
                    let key = $crate::section::either!($($key)?, stringify!($field));
                    let $field = reader.below(key, |reader| match node.get(key) {
                        Some(value) => <$type as $crate::value::Value>::read(value, reader),
                        None => <$type as $crate::value::Value>::absent(node, reader),
                    });
                )*
                // Every option has been read, so that every error is told.
                Some(Self { $($field: $field?,)* })
            }
        }
    };
}

/// Declares an option that is one of several words.
macro_rules! choice {
    (
        $(#[doc = $about:literal])+
        $name:ident { $($(#[doc = $meaning:literal])+ $variant:ident = $word:literal,)+ }
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub enum $name { $($(#[doc = $meaning])+ $variant,)+ }

        impl $crate::value::Value for $name {
            const SHAPE: &'static $crate::shape::Shape =
                &$crate::shape::Shape::Choice(&[$($word),+]);

            fn read(
                node: &$crate::node::Node,
                reader: &mut $crate::reader::Reader,
            ) -> Option<Self> {
                reader.choice(node, &[$(($word, Self::$variant)),+])
            }
        }
    };
}

macro_rules! either {
    (, $default:expr) => {
        $default
    };
    ($given:expr, $default:expr) => {
        $given
    };
}

macro_rules! maybe {
    () => {
        None
    };
    ($given:expr) => {
        Some($given)
    };
}

/// What `(bare)` in a declaration stands for.
#[expect(non_upper_case_globals, reason = "spelt as in the declarations")]
pub(crate) const bare: bool = true;

pub(crate) use {choice, either, maybe, section};

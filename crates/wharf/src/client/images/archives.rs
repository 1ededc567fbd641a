//! `wharf save` and `wharf load`: archives as Docker has them.

mod load;
mod save;

pub(super) use self::load::load;
pub(super) use self::save::save;

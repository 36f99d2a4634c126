//! Values that calls and scripts share: `hash`. In memory, gone with the server.

use std::collections::BTreeMap;

use parking_lot::Mutex;

/// Values at a time; a further one is refused.
pub const MAX_VALUES: usize = 100_000;

/// Bytes of realm, key and value together; more is refused. With [`MAX_VALUES`] it bounds what is kept.
pub const MAX_LENGTH: usize = 16_384;

/// Why a value was not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unkept {
    /// More than [`MAX_VALUES`].
    #[error("{MAX_VALUES} values are kept already")]
    Full,
    /// Longer than [`MAX_LENGTH`].
    #[error("at most {MAX_LENGTH} bytes")]
    Long,
}

/// Values by realm and key.
#[derive(Debug, Default)]
pub struct Store(Mutex<BTreeMap<(String, String), String>>);

impl Store {
    /// Keeps a value; with `only_new` only when there is none. True when it was kept.
    ///
    /// # Errors
    ///
    /// [`Unkept`]; nothing changes then.
    pub fn insert(
        &self,
        realm: &str,
        key: &str,
        value: &str,
        only_new: bool,
    ) -> Result<bool, Unkept> {
        if realm.len() + key.len() + value.len() > MAX_LENGTH {
            return Err(Unkept::Long);
        }
        let mut values = self.0.lock();
        let name = (realm.to_owned(), key.to_owned());
        let known = values.contains_key(&name);
        if known && only_new {
            return Ok(false);
        }
        if !known && values.len() >= MAX_VALUES {
            return Err(Unkept::Full);
        }
        values.insert(name, value.to_owned());
        Ok(true)
    }

    /// The value of that name.
    #[must_use]
    pub fn select(&self, realm: &str, key: &str) -> Option<String> {
        self.0.lock().get(&(realm.to_owned(), key.to_owned())).cloned()
    }

    /// Removes a value, with `only` when it is that one; false when none was removed.
    pub fn delete(&self, realm: &str, key: &str, only: Option<&str>) -> bool {
        let mut values = self.0.lock();
        let name = (realm.to_owned(), key.to_owned());
        let fits = values.get(&name).is_some_and(|value| only.is_none_or(|only| only == value));
        fits && values.remove(&name).is_some()
    }

    /// All values of a realm, or all: realm, key, value.
    #[must_use]
    pub fn all(&self, realm: Option<&str>) -> Vec<(String, String, String)> {
        let values = self.0.lock();
        let chosen = values.iter().filter(|((of, _), _)| realm.is_none_or(|realm| realm == of));
        chosen.map(|((realm, key), value)| (realm.clone(), key.clone(), value.clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_kept_by_realm_and_key() {
        let store = Store::default();
        assert_eq!(store.insert("r", "k", "v", false), Ok(true));
        assert_eq!(store.insert("r", "k", "w", true), Ok(false));
        assert_eq!(store.select("r", "k").as_deref(), Some("v"));
        assert!(!store.delete("r", "k", Some("w")));
        assert!(store.delete("r", "k", Some("v")) && !store.delete("r", "k", None));
        assert_eq!(store.select("r", "k"), None);
        let long = "x".repeat(MAX_LENGTH);
        assert_eq!(store.insert("r", "k", &long, false), Err(Unkept::Long));
        assert!(store.all(None).is_empty());
    }

    #[test]
    fn there_is_a_bound() {
        let store = Store::default();
        for number in 0..MAX_VALUES {
            assert_eq!(store.insert("r", &number.to_string(), "", false), Ok(true));
        }
        assert_eq!(store.insert("r", "more", "", false), Err(Unkept::Full));
        assert_eq!(store.insert("r", "0", "again", false), Ok(true));
    }
}

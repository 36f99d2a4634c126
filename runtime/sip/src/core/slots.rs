//! A table whose keys are never used twice, so that a late timer cannot meet the wrong entry.

/// A place in a [`Slots`] and how often it was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Slot {
    index: u32,
    use_: u32,
}

#[derive(Debug)]
pub(super) struct Slots<T> {
    entries: Vec<(u32, Option<T>)>,
    free: Vec<u32>,
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self { entries: Vec::new(), free: Vec::new() }
    }
}

impl<T> Slots<T> {
    pub(super) fn insert(&mut self, value: T) -> Slot {
        if let Some(index) = self.free.pop()
            && let Some(entry) = self.entries.get_mut(index as usize)
        {
            entry.0 = entry.0.wrapping_add(1);
            entry.1 = Some(value);
            return Slot { index, use_: entry.0 };
        }
        // The tables are bounded by the limit of calls and by what a network can send in 32 s:
        // far below 2^32.
        let index = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        self.entries.push((0, Some(value)));
        Slot { index, use_: 0 }
    }

    pub(super) fn get(&self, slot: Slot) -> Option<&T> {
        let (use_, value) = self.entries.get(slot.index as usize)?;
        value.as_ref().filter(|_| *use_ == slot.use_)
    }

    pub(super) fn get_mut(&mut self, slot: Slot) -> Option<&mut T> {
        let (use_, value) = self.entries.get_mut(slot.index as usize)?;
        value.as_mut().filter(|_| *use_ == slot.use_)
    }

    pub(super) fn remove(&mut self, slot: Slot) -> Option<T> {
        let (use_, value) = self.entries.get_mut(slot.index as usize)?;
        if *use_ != slot.use_ {
            return None;
        }
        let removed = value.take()?;
        self.free.push(slot.index);
        Some(removed)
    }

    /// The keys of all entries now.
    pub(super) fn slots(&self) -> Vec<Slot> {
        let slot = |(index, (use_, value)): (usize, &(u32, Option<T>))| {
            value.as_ref()?;
            Some(Slot { index: u32::try_from(index).ok()?, use_: *use_ })
        };
        self.entries.iter().enumerate().filter_map(slot).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_key_finds_nothing() {
        let mut slots = Slots::default();
        let a = slots.insert("a");
        assert_eq!(slots.remove(a), Some("a"));
        let b = slots.insert("b");
        assert_eq!(slots.get(a), None);
        assert_eq!(slots.remove(a), None);
        assert_eq!(slots.get(b), Some(&"b"));
        assert_eq!(slots.slots(), [b]);
    }
}

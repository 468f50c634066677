//! When two connections are the same: what was consumed is no part of it.

use core::hash::{Hash, Hasher};

use super::Link;

impl PartialEq for Link {
    fn eq(&self, other: &Self) -> bool {
        let flat = |link: &Self| (link.unanswered, link.sequence, link.protocol, link.broken);
        self.sending.view() == other.sending.view()
            && self.receiving.view() == other.receiving.view()
            && self.debts == other.debts
            && flat(self) == flat(other)
    }
}

impl Hash for Link {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.sending.view().hash(state);
        self.receiving.view().hash(state);
        self.debts.len().hash(state);
        for debt in &self.debts {
            debt.hash(state);
        }
        (self.unanswered, self.sequence, self.broken).hash(state);
    }
}

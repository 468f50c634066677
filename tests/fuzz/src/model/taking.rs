//! Taking replies: as they are meant, in pieces, item by item, and by what was not asked.

use minimc_core::command::{Count, Delete, Get, Noop, Store, Touch, Version};
use minimc_core::{ErrorKind, Fate, Piece};

use super::call::{Call, MANY};
use super::debt::{Debt, Progress, answers};
use super::driven::Driven;
use crate::grammar::reply::{Item, Meaning};
use crate::liar::Means;
use crate::peer;

impl Driven<'_> {
    /// Takes what has come of the oldest reply.
    pub(super) fn take(&mut self) {
        if self.is_broken {
            assert_eq!(self.connection.arrived(), Err(ErrorKind::Closed));
            return;
        }
        let Some(debt) = self.owed.front_mut() else {
            assert_eq!(self.connection.arrived(), Ok(false));
            return;
        };
        let is_waiting = debt.progress == Progress::Waiting;
        if is_waiting && self.connection.fate(0) == Fate::NotSent {
            // A server answers the packets of a batch that it has.
            let arrived = self.connection.arrived().unwrap();
            assert!(!arrived || matches!(debt.call, Call::Many(_)));
            return;
        }
        if is_waiting && debt.answers.is_none() {
            debt.answers = Some(answers(&mut self.store, self.connection.protocol(), debt));
        }
        match (&debt.progress, debt.call) {
            (Progress::Abandoned, _) => self.take_wrong(),
            (Progress::Rest, _) => self.pass_over(),
            (
                _,
                Call::Get {
                    in_pieces: true, ..
                },
            ) => self.take_pieces(),
            (_, Call::Many(_)) => self.take_item(),
            _ => self.take_reply(),
        }
    }

    fn has_arrived(&mut self) -> bool {
        let arrived = self.connection.arrived().unwrap();
        assert_eq!(self.connection.arrived(), Ok(arrived));
        arrived
    }

    fn take_reply(&mut self) {
        if !self.has_arrived() {
            return;
        }
        let connection = &mut self.connection;
        let debt = self.owed.front_mut().unwrap();
        let taken = match debt.call {
            Call::Get { .. } => connection.reply::<Get<'_>>().map(Get::meaning),
            Call::Store(_) => connection.reply::<Store<'_, '_>>().map(Store::meaning),
            Call::Count(_) => connection.reply::<Count<'_>>().map(Count::meaning),
            Call::Delete(_) => connection.reply::<Delete<'_>>().map(Delete::meaning),
            Call::Touch(_) => connection.reply::<Touch<'_>>().map(Touch::meaning),
            Call::Version => connection.reply::<Version>().map(Version::meaning),
            Call::Noop => connection.reply::<Noop>().map(Noop::meaning),
            Call::Many(_) => return,
        };
        if debt.is_answered(0, taken) {
            self.pop();
        } else {
            debt.progress = Progress::Rest;
        }
    }

    fn take_item(&mut self) {
        let (connection, owed) = (&mut self.connection, self.owed.len());
        let debt = self.owed.front_mut().unwrap();
        let Call::Many(many) = debt.call else {
            return;
        };
        loop {
            let progress = debt.batch.as_mut().unwrap();
            let arrived = connection.item_arrived(many, progress).unwrap();
            assert_eq!(connection.item_arrived(many, progress), Ok(arrived));
            if !arrived {
                break;
            }
            let (index, outcome) = connection.item(many, progress).unwrap();
            let taken = outcome.map(|item| match item {
                Some(item) => Meaning::Item(Item {
                    key: Some(MANY[index].as_bytes().to_vec()),
                    value: item.value.to_vec(),
                    flags: item.flags,
                    cas: item.cas,
                }),
                None => Meaning::NotFound,
            });
            debt.is_answered(index, taken);
            // With its end all the rest is known.
            if connection.owed() == owed {
                return;
            }
        }
        if connection.owed() < owed {
            assert_eq!(debt.answers, Some([].into()));
            self.pop();
        }
    }

    fn take_pieces(&mut self) {
        loop {
            let is_there = self.connection.piece_arrived().unwrap();
            assert_eq!(self.connection.piece_arrived(), Ok(is_there));
            let piece = self.connection.piece().unwrap();
            assert_eq!(piece.is_some(), is_there);
            let Some(piece) = piece else {
                return;
            };
            let Debt {
                answers, progress, ..
            } = self.owed.front_mut().unwrap();
            let (_, answer) = answers.as_ref().unwrap().front().unwrap();
            match (piece, answer) {
                (Piece::Start(entry), Meaning::Item(item)) => {
                    assert_eq!(*progress, Progress::Waiting);
                    assert_eq!(entry.length as usize, item.value.len());
                    assert_eq!((entry.flags, entry.cas), (item.flags, item.cas));
                    *progress = Progress::InPieces(vec![]);
                }
                (Piece::Bytes(bytes), Meaning::Item(item)) => {
                    let Progress::InPieces(taken) = progress else {
                        panic!("bytes before their value");
                    };
                    assert!(item.value[taken.len()..].starts_with(bytes) && !bytes.is_empty());
                    taken.extend_from_slice(bytes);
                }
                (Piece::End, Meaning::Item(item)) => {
                    assert_eq!(*progress, Progress::InPieces(item.value.clone()));
                    return self.pop();
                }
                (Piece::End, Meaning::NotFound) => return self.pop(),
                other => panic!("{other:?}"),
            }
        }
    }

    /// Has bytes of a value come to elsewhere than the storage.
    pub(super) fn bypass(&mut self, most: usize) {
        let may = self.connection.bypass();
        let oldest = self.owed.front_mut();
        let is_value =
            |debt: &&mut Debt<'_>| matches!(debt.progress, Progress::InPieces(_) | Progress::Rest);
        let Some(debt) = oldest.filter(is_value).filter(|_| !self.is_broken) else {
            return assert_eq!(may, 0);
        };
        let bytes = peer::read_beside(&mut self.connection, &mut self.peer, most);
        // Of a value whose rest nobody wants they are passed over.
        if let Progress::InPieces(taken) = &mut debt.progress {
            let (_, answer) = debt.answers.as_ref().unwrap().front().unwrap();
            let Meaning::Item(item) = answer else {
                panic!("bytes of {answer:?}");
            };
            let left = &item.value[taken.len()..];
            assert!(left.starts_with(&bytes) && (may == 0 || may == left.len()));
            taken.extend_from_slice(&bytes);
        }
    }

    /// What was not asked for cannot be taken.
    pub(super) fn take_wrong(&mut self) {
        let oldest = self.owed.front();
        if oldest.is_some_and(|debt| debt.progress == Progress::Rest) {
            return;
        }
        let is_abandoned = oldest.is_some_and(|debt| debt.progress == Progress::Abandoned);
        let call = oldest.map(|debt| debt.call);
        let connection = &mut self.connection;
        let by_reply = match call {
            Some(Call::Delete(_)) => connection.reply::<Touch<'_>>().err(),
            _ => connection.reply::<Delete<'_>>().err(),
        };
        let by_pieces = match call {
            Some(Call::Get { .. }) if !is_abandoned => None,
            // Nothing comes while the rest of a reply is passed over.
            _ => connection
                .piece()
                .map(|piece| assert_eq!(piece, None))
                .err(),
        };
        for error in [by_reply, by_pieces].into_iter().flatten() {
            match error.kind() {
                ErrorKind::Closed => assert!(self.is_broken),
                kind => assert_eq!(kind, ErrorKind::OutOfOrder),
            }
        }
        self.forget_settled();
    }

    pub(super) fn drop_rest(&mut self) {
        if let Some(Debt {
            progress: progress @ Progress::InPieces(_),
            ..
        }) = self.owed.front_mut()
        {
            *progress = Progress::Rest;
            self.pass_over();
        }
    }

    fn pass_over(&mut self) {
        if !self.is_broken {
            self.has_arrived();
            self.forget_settled();
        }
    }
}

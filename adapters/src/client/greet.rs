//! What a client does on a new connection before anything else: it logs in, and asks whom it met.

use minimc_core::command::{Command, Login, Version};
use minimc_core::{Dialect, ErrorKind, Fate, Storage};

use super::Client;
use super::drive::Failure;
use crate::transport::Transport;

impl<T: Transport, S: Storage, const N: usize> Client<T, S, N> {
    /// Opens a connection and makes it ready for use, within the limit of the operation that wants
    /// it. Nothing of that operation has been sent when this fails, and there is no connection then.
    pub(super) async fn connect_anew(&mut self) -> Result<(), Failure> {
        self.disconnect();
        self.contacts.begin();
        let result = match self.transport.connect().await {
            Ok(()) => self.greet().await,
            Err(kind) => Err(kind),
        };
        if let Err(kind) = result {
            self.contacts.lost(kind);
            self.disconnect();
            return Err(Failure {
                kind,
                fate: Fate::NotSent,
            });
        }
        // Not before: a connection on which this was given up is replaced.
        self.connected = true;
        Ok(())
    }

    async fn greet(&mut self) -> Result<(), ErrorKind> {
        if let Some(credentials) = self.options.credentials {
            let login = Login::new(credentials);
            self.ask(&login).await??;
        }
        if self.options.learn_dialect {
            let version = match self.ask(&Version).await? {
                Ok(version) => Dialect::parse(version.bytes()),
                // It may be a proxy that does not know the question.
                Err(_) if !self.connection.is_broken() => None,
                Err(kind) => return Err(kind),
            };
            self.learn(version);
        }
        Ok(())
    }

    /// What the server answers to a command, when nothing else is on its way.
    async fn ask<C: Command>(
        &mut self,
        command: &C,
    ) -> Result<Result<C::Reply<'_>, ErrorKind>, ErrorKind> {
        if let Err(failure) = self.attempt(command).await {
            return Err(failure.kind);
        }
        Ok(self.reply::<C>().map_err(|error| error.kind()))
    }

    /// Keeps to what a server of this version understands, or, if it does not tell, to what the
    /// options say; and asks for it on every new connection.
    pub(crate) fn learn(&mut self, version: Option<Dialect>) {
        self.options.learn_dialect = true;
        let dialect = version.unwrap_or(self.options.dialect);
        self.connection.set_dialect(dialect);
    }
}

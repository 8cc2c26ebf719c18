//! Whoever is told what the loop does: a reader, and a page in the browser beside it.

use std::net::{Ipv4Addr, SocketAddr};

use super::event::{Event, Wish};
use super::picture::Picture;
use super::view::View;
use crate::cli::error::Error;
use crate::cli::reports::Teller;
use crate::model::causes;
use crate::render;
use crate::serve::{self, Server};

/// Whoever is told what the loop does.
pub(in crate::cli) struct Audience<'a> {
    teller: &'a Teller<'a>,
    view: View<'a>,
    page: Option<Server>,
    /// What stands above the plan on the page.
    notice: Notice,
}

/// What is wrong until it is mended.
#[derive(Default)]
struct Notice {
    mistakes: Option<String>,
    failure: Option<String>,
}

impl<'a> Audience<'a> {
    pub(in crate::cli) fn new(teller: &'a Teller<'a>, view: View<'a>) -> Self {
        Self {
            teller,
            view,
            page: None,
            notice: Notice::default(),
        }
    }

    /// Shows a page as well, from now on.
    pub(in crate::cli) async fn serve(&mut self, address: SocketAddr) -> Result<(), Error> {
        let server = serve::start(address, render::waiting).await?;
        let told = format!("The plan is shown at http://{}", server.address());
        self.page = Some(server);
        self.view.tell(&Event::Notice(&told))
    }

    /// Shows the page in a browser. That this fails is no reason to end the loop.
    pub(super) async fn open(&mut self, picture: &Picture) -> Result<(), Error> {
        match self.opened(picture).await {
            Err(Error::Unheard) => Err(Error::Unheard),
            Err(error) => {
                let told = format!("No page can be shown: {}.", causes(&error));
                self.view.tell(&Event::Notice(&told))
            }
            Ok(()) => Ok(()),
        }
    }

    async fn opened(&mut self, picture: &Picture) -> Result<(), Error> {
        if self.page.is_none() {
            self.serve(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
                .await?;
            self.show(picture);
            self.show_notice();
        }
        let address = self.page.as_ref().map(Server::address);
        let url = address.map(|address| format!("http://{address}"));
        match url.map(open::that_detached) {
            Some(Err(error)) => {
                let told = format!("No browser was opened: {error}.");
                self.view.tell(&Event::Notice(&told))
            }
            _ => Ok(()),
        }
    }

    /// Tells an event.
    pub(super) fn tell(&mut self, event: &Event<'_>) -> Result<(), Error> {
        // Whoever reads does not wait for the page to be made.
        self.view.tell(event)?;
        match event {
            Event::Mistakes { findings, sources } => {
                let shown = render::findings(findings, |place| sources.line(place));
                self.notice.mistakes = Some(shown).filter(|shown| !shown.is_empty());
                self.show_notice();
            }
            Event::Failed { error, .. } => {
                self.notice.failure = Some(causes(*error));
                self.show_notice();
            }
            Event::Recovered => {
                self.notice.failure = None;
                self.show_notice();
            }
            Event::Planned { picture, .. } | Event::Applied { picture, .. } => {
                self.show(picture);
                if self.notice.failure.take().is_some() {
                    self.show_notice();
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Tells that all is well again, where that is not seen from a plan.
    pub(super) fn recover(&mut self) -> Result<(), Error> {
        match self.notice.failure {
            Some(_) => self.tell(&Event::Recovered),
            None => Ok(()),
        }
    }

    /// Waits until a human wants to end it all.
    pub(super) async fn quit(&mut self) {
        self.view.quit().await;
    }

    /// Waits until a human asks for something.
    pub(super) async fn wish(&mut self) -> Wish {
        self.view.wish().await
    }

    fn show(&mut self, picture: &Picture) {
        if let Some(page) = &mut self.page {
            page.show(|version| self.teller.live(&picture.0, version));
        }
    }

    fn show_notice(&mut self) {
        let Notice { mistakes, failure } = &self.notice;
        let told: Vec<&str> = [mistakes, failure]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        let told = (!told.is_empty()).then(|| self.teller.context.in_file(&told.join("\n\n")));
        if let Some(page) = &mut self.page {
            page.tell(told);
        }
    }
}

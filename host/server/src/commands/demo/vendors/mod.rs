//! Stand-ins for the vendors that the example calls.
//!
//! Each checks a request as its vendor documents it and refuses what the vendor would refuse,
//! so that a connector that gets past it speaks the vendor's language.
//! What they took is written into one [`Ledger`]. They listen on the loopback interface only.

mod address;
mod hubspot;
mod ledger;
mod payment;
mod sendgrid;
mod server;
mod stripe;

use std::sync::Arc;

pub(crate) use hubspot::{HubSpot, Outage};
pub(crate) use ledger::{Entry, Ledger, Record};
pub(crate) use sendgrid::SendGrid;
pub(crate) use server::Server;
pub(crate) use stripe::Stripe;

/// The three stand-ins, which answer until they are dropped.
pub(crate) struct Vendors {
    /// Takes e-mails.
    pub(crate) sendgrid: Server,
    /// Takes payments.
    pub(crate) stripe: Server,
    /// Keeps contacts.
    pub(crate) hubspot: Server,
    /// What they were asked.
    pub(crate) ledger: Arc<Ledger>,
}

/// What the vendors expect from their customer.
pub(crate) struct Account {
    /// The key for SendGrid.
    pub(crate) sendgrid_key: String,
    /// The sender that SendGrid has verified.
    pub(crate) sender: &'static str,
    /// The key for Stripe.
    pub(crate) stripe_key: String,
    /// The access token for HubSpot.
    pub(crate) hubspot_token: String,
    /// When HubSpot is out of order.
    pub(crate) hubspot_outage: Outage,
}

impl Vendors {
    /// Starts the stand-ins, each on a port of its own.
    pub(crate) async fn start(account: Account) -> anyhow::Result<Self> {
        let ledger = Arc::new(Ledger::default());
        let sendgrid = SendGrid::new(account.sendgrid_key, account.sender, Arc::clone(&ledger));
        let stripe = Stripe::new(account.stripe_key, Arc::clone(&ledger));
        let hubspot = HubSpot::new(account.hubspot_token, account.hubspot_outage, Arc::clone(&ledger));
        Ok(Self {
            sendgrid: Server::start(sendgrid).await?,
            stripe: Server::start(stripe).await?,
            hubspot: Server::start(hubspot).await?,
            ledger,
        })
    }
}

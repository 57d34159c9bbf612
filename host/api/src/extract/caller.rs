//! Who asks, and for which tenant.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use types::{Actor, TenantId};

use crate::problem::Problem;

/// Who asks. The one place that says so: every handler that reads or writes takes it from here.
///
/// The host asks for no credentials. Those that a client sends are not checked, and therefore not believed.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// Who it is, for the history.
    pub(crate) actor: Actor,
    /// The tenant whose resources it sees.
    pub(crate) tenant: TenantId,
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self { actor: Actor::default(), tenant: TenantId::default() })
    }
}

/// Accepts what clients send for the one tenant there is: nothing, an empty text, or its id.
pub(crate) fn check_tenant(field: &str, tenant: Option<&str>) -> Result<(), Problem> {
    match tenant {
        None | Some("" | TenantId::DEFAULT) => Ok(()),
        Some(other) => Err(Problem::invalid_argument(format!(
            "{field}: tenant `{other}` does not exist, because multi-tenancy is off: leave it out or send `{}`",
            TenantId::DEFAULT
        ))),
    }
}

/// As [`check_tenant`], for a list.
pub(crate) fn check_tenants(field: &str, tenants: &[String]) -> Result<(), Problem> {
    tenants.iter().try_for_each(|tenant| check_tenant(field, Some(tenant)))
}

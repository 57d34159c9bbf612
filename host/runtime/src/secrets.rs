//! What `{{secrets.NAME}}` in a model becomes.

/// Gives the token that stands for a secret in the text of a deployed model.
///
/// The same name gives the same token for the life of the installation: models are read again after a restart.
/// A token tells nothing of the secret and cannot be guessed.
pub trait SecretTokens: Send + Sync + 'static {
    /// The token of the secret `name`.
    fn token(&self, name: &str) -> String;
}

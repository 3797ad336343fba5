import Core
import Synchronization

/// The way to the first admin account: a link that works once, for a while, and only as long as there is no admin.
///
/// It is in a file that only the daemon's user can read, and never in the log.
final class SetupLink: Sendable {
    private struct Offer {
        let hash: SecretHash
        let expires: ContinuousClock.Instant
    }

    let directory: DataDirectory
    private let accounts: Accounts
    private let lifetime: Duration
    private let offer = Mutex<Offer?>(nil)

    init(directory: DataDirectory, accounts: Accounts, lifetime: Duration) {
        self.directory = directory
        self.accounts = accounts
        self.lifetime = lifetime
    }

    /// Makes a link and writes it to its file, if there is no admin.
    ///
    /// - Parameter base: the daemon's URL, without a slash at its end.
    /// - Returns: the link.
    func make(base: String) throws -> String? {
        guard !accounts.hasAdmin else {
            directory.remove(directory.setupLinkFile)
            return nil
        }
        let secret = Secret()
        let link = "\(base)/admin/setup?token=\(secret.text)"
        try directory.write(Array((link + "\n").utf8), to: directory.setupLinkFile)
        offer.withLock { $0 = Offer(hash: secret.hash, expires: .now + lifetime) }
        return link
    }

    enum Validity {
        case good
        /// Too old, used, or there is an admin by now.
        case over
        case wrong
    }

    func check(_ secret: Secret) -> Validity {
        offer.withLock { offer in
            guard !accounts.hasAdmin, let offer, offer.expires > .now else { return .over }
            return offer.hash == secret.hash ? .good : .wrong
        }
    }

    /// Takes the link back once it is used, too old, or needless.
    ///
    /// - Returns: true if it has just expired unused.
    func withdrawIfOver() -> Bool {
        offer.withLock { current in
            guard let offer = current else { return false }
            let hasAdmin = accounts.hasAdmin
            guard hasAdmin || offer.expires <= .now else { return false }
            current = nil
            directory.remove(directory.setupLinkFile)
            return !hasAdmin
        }
    }
}

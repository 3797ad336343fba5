import Core
import Logging
import ServiceLifecycle

/// What must be done now and then: ends what has expired, warns of what will, gives back space, and measures rates.
struct Housekeeping: Service {
    let accounts: Accounts
    let setupLink: SetupLink?
    let store: any Store
    let rates: Rates
    /// `nil` without TLS.
    let certificates: Certificates?
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            // Beside the rest, for it may take its time.
            async let space: Void = giveBackSpaceNowAndThen()
            var last = Timestamp.now
            var tidied = ContinuousClock.now
            var reminded = ContinuousClock.now
            while (try? await Task.sleep(for: .seconds(1), tolerance: .milliseconds(200))) != nil {
                let now = Timestamp.now
                accounts.announceExpired(after: last, upTo: now)
                last = now
                rates.sample()
                if setupLink?.withdrawIfOver() == true {
                    logger.notice(
                        "The set-up link expired unused; restart for another, or use articled createsuperuser")
                }
                if tidied.duration(to: .now) > .seconds(60) {
                    tidied = .now
                    await tidy()
                }
                if reminded.duration(to: .now) > .seconds(24 * 3600) {
                    reminded = .now
                    certificates?.remind()
                }
            }
            await space
        }
        await tidy()
    }

    private func giveBackSpaceNowAndThen() async {
        while (try? await Task.sleep(for: .seconds(10), tolerance: .seconds(1))) != nil { await giveBackSpace() }
    }

    private func giveBackSpace() async {
        do {
            let bytes = try await store.giveBackSpace()
            if bytes > 0 { logger.info("Gave back space of the store", metadata: ["bytes": "\(bytes)"]) }
        } catch is CancellationError {
            // The daemon stops; what is left will be given back the next time.
        } catch {
            // A full disk, perhaps: then publishing says so, and this is tried again.
            logger.debug("Space could not be given back", metadata: ["error": "\(error)"])
        }
    }

    private func tidy() async {
        do {
            try await accounts.tidy()
        } catch {
            // Nothing is lost but when something was last used; what has expired is refused all the same.
            logger.warning("Expired sessions could not be removed", metadata: ["error": "\(error)"])
        }
    }
}

import Core
import Logging
import ServiceLifecycle

/// What must be done now and then: ends what has expired, and measures rates.
struct Housekeeping: Service {
    let accounts: Accounts
    let setupLink: SetupLink?
    let rates: Rates
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var last = Timestamp.now
            var tidied = ContinuousClock.now
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
            }
        }
        await tidy()
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

import Foundation
import Synchronization

/// Ctrl-C, where something must be put in order before the end. The second one ends at once.
public enum Interruption {
    private static let signals = Atomic(0)

    /// As shells report a program that Ctrl-C has ended.
    public static let exitStatus: Int32 = 130

    /// Whether the work should end.
    public static var isAsked: Bool { signals.load(ordering: .acquiring) > 0 }

    /// From now on SIGINT and SIGTERM are noted.
    public static func watch() {
        // Made before the handler might need it.
        _ = isAsked
        for number in [SIGINT, SIGTERM] {
            signal(number) { _ in
                if Interruption.signals.add(1, ordering: .acquiringAndReleasing).oldValue > 0 {
                    _exit(Interruption.exitStatus)
                }
            }
        }
    }
}

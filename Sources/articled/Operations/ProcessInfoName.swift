import Foundation

/// How this node calls itself.
enum ProcessInfoName {
    static var host: String { ProcessInfo.processInfo.hostName }
}

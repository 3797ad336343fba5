// What the page is measured beside: the least that Hummingbird answers.

import Hummingbird
import Logging
import NIOPosix

let router = Router()
router.get("/") { _, _ in "Hello" }
var logger = Logger(label: "static-text")
logger.logLevel = .error
let application = Application(
    router: router,
    configuration: .init(
        address: .hostname("127.0.0.1", port: Int(CommandLine.arguments.dropFirst().first ?? "") ?? 0)),
    eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup(numberOfThreads: 1)), logger: logger)
try await application.runService()

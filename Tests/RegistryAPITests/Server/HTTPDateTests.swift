import Testing

@testable import RegistryAPI

@Suite("The Date field")
struct HTTPDateTests {
    @Test("the Date field has RFC 9110's form")
    func formatsDate() {
        #expect(HTTPDate.format(784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(HTTPDate.format(951_782_400) == "Tue, 29 Feb 2000 00:00:00 GMT")
        #expect(HTTPDate.format(0) == "Thu, 01 Jan 1970 00:00:00 GMT")
    }
}

async def test_calls(drivers, advance):
    assert await drivers[0].call("SET", "a", 1, "EX", 100) == b"OK"
    assert await drivers[1].call("GET", "a") == b"1"
    await advance(99)
    assert await drivers[1].call("GET", "a") == b"1"
    await advance(1)
    assert await drivers[1].call("GET", "a") is None

"""What decides whether a part of graphmem is right: suites, oracles, strategies, and a state machine.

A store or an index of your own subclasses `graph_store.GraphStoreTests` or `vector_index.VectorIndexTests`,
supplies one fixture, and is held to the same law as those that come along::

    from graphmem.testing.graph_store import GraphStoreTests

    class TestMyStore(GraphStoreTests):
        @pytest.fixture(scope="class")  # one store will do: every test has a project of its own
        async def store(self):
            store = MyStore()
            await store.open()
            yield store
            await store.aclose()

    def test_my_store_agrees_with_the_oracle():
        run_store_machine(MyStore)  # of graphmem.testing.machine

The tests are asynchronous: pytest runs them through anyio, given a fixture `anyio_backend` of session scope that
returns "asyncio". `pytest.register_assert_rewrite("graphmem.testing")` in `conftest.py`, before anything here is
imported, makes failures say what was different.

`oracle.OracleStore` and `flat.FlatIndex` are plain, obviously right and slow: what the others are compared with.
`worlds.Scribe` and `points.Pen` write small worlds, `strategies` and `strategies_graph` draw random ones. The modules
need `pytest` and `hypothesis`; importing this package needs neither.
"""

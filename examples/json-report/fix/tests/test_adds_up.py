import unittest

from shares import shares


class AddsUp(unittest.TestCase):
    def test_thirds_and_sixths(self):
        for counts in ([1, 1, 1], [1] * 6, [1, 1, 1, 4], [2, 2, 3]):
            with self.subTest(counts=counts):
                self.assertEqual(sum(shares(counts)), 1000)


if __name__ == "__main__":
    unittest.main()

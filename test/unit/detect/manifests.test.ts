import { describe, expect, test } from '@jest/globals';
import { type Manifest, neededFolders, parseManifest } from '../../../src/detect/manifests.ts';

describe('parseManifest', () => {
  test('package.json', () => {
    const text = JSON.stringify({
      name: '@acme/web',
      dependencies: { '@acme/kit': 'workspace:*', shared: 'file:../shared' },
      devDependencies: { tool: 'link:./tool' },
      optionalDependencies: { o: 'portal:../o' },
      peerDependencies: { p: '1' },
    });
    expect(parseManifest('package.json', text)).toEqual({
      name: 'node:@acme/web',
      needs: ['node:@acme/kit', 'node:shared', 'node:tool', 'node:o', 'node:p'],
      paths: ['../shared', './tool', '../o'],
    });
  });

  test('go.mod', () => {
    const text = `// a comment
module example.com/shop/web // ours

go 1.24

require example.com/shop/kit v0.0.0
require (
	example.com/shop/proto v1.2.3 // indirect
	github.com/x/y v2.0.0+incompatible
)
replace example.com/shop/kit => ../kit
replace (
	example.com/shop/proto v1.2.3 => ../../proto
	github.com/x/y => github.com/z/y v2.0.1
)
`;
    expect(parseManifest('go.mod', text)).toEqual({
      name: 'go:example.com/shop/web',
      needs: ['go:example.com/shop/kit', 'go:example.com/shop/proto', 'go:github.com/x/y'],
      paths: ['../kit', '../../proto'],
    });
  });

  test('pyproject.toml', () => {
    const text = `
[project]
name = "Shop.Web"
dependencies = ["shop_common>=1", "flask", "lib @ file:../lib"]
[project.optional-dependencies]
extra = ["pandas"]
[dependency-groups]
dev = ["pytest", { include-group = "lint" }]
[tool.uv.sources]
shop-common = { workspace = true }
other = { path = "../other" }
[tool.poetry.dependencies]
third = { path = "../third", develop = true }
[tool.poetry.group.dev.dependencies]
fourth = { path = "../fourth" }
`;
    const { name, needs, paths } = parseManifest('pyproject.toml', text);
    expect(name).toBe('python:shop-web');
    expect(needs).toEqual(
      expect.arrayContaining(['python:shop-common', 'python:pytest', 'python:pandas']),
    );
    expect([...paths].sort()).toEqual(['../fourth', '../lib', '../other', '../third']);
  });

  test('requirements.txt', () => {
    const text = `
# -e ../no
flask==3  # a comment
Shop_Common
-r ../base.txt
-c constraints.txt
-e ../editable[extra]
./local
../wheel ; python_version > "3"
..
lib @ file:../lib
--index-url https://example.com/simple
`;
    expect(parseManifest('requirements.txt', text)).toEqual({
      name: undefined,
      needs: ['python:flask', 'python:shop-common', 'python:lib'],
      paths: [
        '../base.txt',
        'constraints.txt',
        '../editable',
        './local',
        '../wheel',
        '..',
        '../lib',
      ],
    });
  });

  test.each(['package.json', 'pyproject.toml'])('%s that is broken says nothing', (file) => {
    expect(parseManifest(file, '{[')).toEqual({ name: undefined, needs: [], paths: [] });
  });

  test('fields of the wrong kind say nothing', () => {
    const text = '{"name":1,"dependencies":[],"devDependencies":{"a":1}}';
    expect(parseManifest('package.json', text)).toEqual({ name: undefined, needs: [], paths: [] });
  });
});

describe('neededFolders', () => {
  const one = (
    folder: string,
    name: string,
    needs: string[] = [],
    folders: string[] = [],
  ): Manifest => ({
    file: `${folder}/package.json`,
    folder,
    name,
    needs,
    folders,
  });

  test('what is needed needs something, too; circles end', () => {
    const manifests = [
      one('web', 'node:web', ['node:kit', 'node:elsewhere']),
      one('kit', 'node:kit', ['node:base'], ['raw']),
      one('base', 'node:base', ['node:web']),
      one('unused', 'node:unused'),
      one('python', 'python:kit'),
    ];
    expect(neededFolders('web', manifests)).toEqual(['base', 'kit', 'raw']);
    expect(neededFolders('unused', manifests)).toEqual([]);
  });
});
